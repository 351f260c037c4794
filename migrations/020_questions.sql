-- What the run that goes on asks of a person: JSON {id, question, schema, askedAt}; null when nothing is open.
-- phase 2: it has waited for its answer for so long that its slot was given up, while its process lives.
ALTER TABLE jobs ADD COLUMN question TEXT;
