/** Which jobs a command is about: the row it was called on, the selected ones, else what the person picks. */
import type { JobPicker, JobQuestion } from '../jobs/pick.ts';
import { jobNodes } from './arguments.ts';

export async function meantJobs(
	picker: JobPicker,
	question: JobQuestion,
	args: readonly unknown[],
): Promise<readonly string[]> {
	const [only, ...others] = jobNodes(args[0], args[1]).map(({ id }) => id);
	if (only !== undefined) return others.length > 0 ? [only, ...others] : picker.whole(only);
	// A row that the editor was just drawing anew comes as nothing; what is selected may be another one.
	return args.length > 0 ? picker.ask(question) : picker.pick(question);
}
