/** What must hold after every death of the daemon, from three witnesses: journals, evidence, database. */
import Database from 'better-sqlite3';
import { EvidenceReader, type Kind } from './evidence.ts';
import { type AcknowledgedJob, JournalReader, type SentJob } from './journal.ts';

interface Row {
	readonly id: string;
	readonly generation: number;
	readonly title: string;
	readonly key: string | null;
	readonly state: number;
	readonly run: number;
}

const OPEN_STATES = [0, 1, 2];
const SUCCEEDED = 3;

export interface Totals {
	readonly acknowledged: number;
	readonly jobs: number;
	readonly runs: number;
	readonly finished: number;
	/** Runs that were cut off. */
	readonly interrupted: number;
}

export class KillChecks {
	readonly #database: string;
	readonly #journals: readonly JournalReader[];
	readonly #evidence: EvidenceReader;
	readonly #violations = new Set<string>();
	readonly #sent = new Map<string, SentJob>();
	readonly #batches = new Map<string, readonly SentJob[]>();
	readonly #acknowledged = new Map<string, AcknowledgedJob>();
	/** Per connection: number and last generation of the newest acknowledged request. */
	readonly #order = new Map<string, { batch: number; generation: number }>();
	readonly #started = new Map<string, Set<number>>();
	readonly #ended = new Map<string, Set<number>>();
	readonly #finished = new Map<string, number>();
	#rows: readonly Row[] = [];

	constructor(database: string, folder: string, clients: number) {
		this.#database = database;
		this.#journals = Array.from({ length: clients }, (_, n) => new JournalReader(folder, n));
		this.#evidence = new EvidenceReader(folder);
	}

	get violations(): readonly string[] {
		return [...this.#violations];
	}

	/** To be called while a daemon is up: what was acknowledged before this call must be in the database. */
	check(): void {
		this.#readJournals();
		this.#readDatabase();
		this.#checkRows();
		// After the database: what it calls finished has started nothing that is not written here already.
		const finishedBefore = new Map(this.#finished);
		for (const row of this.#rows) {
			if (!OPEN_STATES.includes(row.state)) this.#finished.set(row.id, row.run);
		}
		this.#readEvidence(finishedBefore);
	}

	/** To be called when everything that can run has run. */
	checkEnd(): void {
		this.check();
		for (const row of this.#rows) {
			if (row.state === SUCCEEDED && this.#ended.get(row.id)?.has(row.run) !== true) {
				this.#violate(`job ${row.id} succeeded in run ${row.run}, which never reached its end`);
			}
		}
		const present = new Set(this.#rows.map((row) => row.title));
		for (const [batch, jobs] of this.#batches) {
			const there = jobs.filter((job) => present.has(job.title)).length;
			if (there !== 0 && there !== jobs.length) {
				this.#violate(`of request ${batch} ${there} of ${jobs.length} jobs were kept`);
			}
		}
	}

	/** Jobs that can still run. */
	unfinished(): number {
		this.#readJournals();
		this.#readDatabase();
		return this.#rows.filter(
			(row) => OPEN_STATES.includes(row.state) && this.#kindOf(row) !== 'parked',
		).length;
	}

	totals(): Totals {
		const runs = [...this.#started.values()].reduce((sum, set) => sum + set.size, 0);
		const ends = [...this.#ended.values()].reduce((sum, set) => sum + set.size, 0);
		return {
			acknowledged: this.#acknowledged.size,
			jobs: this.#rows.length,
			runs,
			finished: this.#finished.size,
			interrupted: runs - ends,
		};
	}

	#violate(sentence: string): void {
		this.#violations.add(sentence);
	}

	#kindOf(row: Row): Kind | undefined {
		return this.#sent.get(row.title)?.kind;
	}

	#readJournals(): void {
		for (const [client, journal] of this.#journals.entries()) {
			for (const line of journal.lines()) {
				if ('sent' in line) {
					this.#batches.set(`${client}-${line.sent}`, line.jobs);
					for (const job of line.jobs) this.#sent.set(job.title, job);
				} else if ('refused' in line) {
					this.#violate(`request ${client}-${line.refused} was refused: ${line.why}`);
				} else {
					this.#acknowledge(client, line.connection, line.acknowledged, line.jobs);
				}
			}
		}
	}

	#acknowledge(
		client: number,
		connection: number,
		batch: number,
		jobs: readonly AcknowledgedJob[],
	): void {
		const name = `${client}-${batch}`;
		const sent = this.#batches.get(name) ?? [];
		if (sent.length !== jobs.length) {
			this.#violate(`request ${name} had ${sent.length} jobs, its answer ${jobs.length}`);
		}
		for (const [i, job] of jobs.entries()) {
			const title = sent[i]?.title ?? '';
			const before = this.#acknowledged.get(title);
			if (before !== undefined && before.id !== job.id) {
				this.#violate(`${title} was acknowledged as ${before.id} and as ${job.id}`);
			}
			this.#acknowledged.set(title, job);
			const previous = jobs[i - 1];
			if (previous !== undefined && job.generation !== previous.generation + 1) {
				this.#violate(`the generations of request ${name} are not consecutive`);
			}
		}
		const first = jobs[0];
		if (first === undefined || first.existing) return;
		// Answers of one connection come in the order of its requests, and so do generations.
		const place = `${client}/${connection}`;
		const last = this.#order.get(place);
		if (last !== undefined && last.generation > first.generation && batch > last.batch) {
			this.#violate(`request ${name} was committed before an earlier one of its connection`);
		}
		this.#order.set(place, { batch, generation: jobs.at(-1)?.generation ?? 0 });
	}

	#readDatabase(): void {
		const db = new Database(this.#database, { readonly: true, timeout: 5000 });
		try {
			this.#rows = db
				.prepare<[], Row>('SELECT id, generation, title, key, state, run FROM jobs')
				.all();
		} finally {
			db.close();
		}
	}

	#checkRows(): void {
		const byTitle = new Map<string, Row>();
		const keys = new Set<string>();
		let newest = 0;
		for (const row of this.#rows) {
			newest = Math.max(newest, row.generation);
			if (byTitle.has(row.title)) this.#violate(`${row.title} is there twice`);
			byTitle.set(row.title, row);
			if (row.key !== null && keys.has(row.key)) this.#violate(`key ${row.key} is there twice`);
			if (row.key !== null) keys.add(row.key);
			const before = this.#finished.get(row.id);
			if (before !== undefined && (before !== row.run || OPEN_STATES.includes(row.state))) {
				this.#violate(`job ${row.id} had finished and changed afterwards`);
			}
		}
		// Nothing is ever removed here, so without a gap the newest generation is the number of rows.
		if (newest !== this.#rows.length) {
			this.#violate(`${this.#rows.length} jobs have generations up to ${newest}`);
		}
		for (const [title, job] of this.#acknowledged) {
			const row = byTitle.get(title);
			if (row === undefined) this.#violate(`${title} was acknowledged and is lost`);
			else if (row.id !== job.id || row.generation !== job.generation) {
				this.#violate(`${title} was acknowledged as another job than the one that is kept`);
			}
		}
	}

	#readEvidence(finishedBefore: ReadonlyMap<string, number>): void {
		const kinds = new Map(this.#rows.map((row) => [row.id, this.#kindOf(row)]));
		for (const { tag, id, run } of this.#evidence.marks()) {
			if (tag === 'D')
				this.#violate(`job ${id} ran twice at once, in run ${run} and an earlier one`);
			const known = tag === 'S' ? this.#started : this.#ended;
			if (tag === 'D') continue;
			const runs = known.get(id) ?? new Set();
			known.set(id, runs);
			if (runs.has(run)) this.#violate(`run ${run} of job ${id} went ${tag} twice`);
			runs.add(run);
			if (tag !== 'S') continue;
			if (finishedBefore.has(id))
				this.#violate(`job ${id} had finished and ran again (run ${run})`);
			if (kinds.get(id) === 'once' && runs.size > 1) {
				this.#violate(`job ${id} may not be restarted and ran ${runs.size} times`);
			}
			if (kinds.get(id) === 'parked') this.#violate(`job ${id} ran before its time`);
		}
	}
}
