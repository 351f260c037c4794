/** Certificates of a made-up authority, by openssl. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificate {
	readonly cert: string;
	readonly key: string;
}

export interface Authority {
	/** The file that says whom to believe. */
	readonly ca: string;
	/** For names as in `DNS:db.test` and `IP:10.0.0.1`. */
	issue(name: string, options: { readonly names: string; readonly expired?: boolean }): Certificate;
}

const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

const CONFIG = `[ca]
default_ca = made_up
[made_up]
new_certs_dir = .
database = index.txt
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
`;

/** @param folder an empty one of its own */
export function makeAuthority(folder: string): Authority {
	const openssl = (...args: string[]) =>
		execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
	const at = (name: string) => join(folder, name);
	writeFileSync(at('ca.cnf'), CONFIG);
	writeFileSync(at('index.txt'), '');
	const ca = at('ca.crt');
	openssl('req', '-x509', ...CURVE, '-subj', '/CN=A test', '-keyout', at('ca.key'), '-out', ca);
	return {
		ca,
		issue(name, { names, expired = false }) {
			const [cert, key, asked] = [at(`${name}.crt`), at(`${name}.key`), at(`${name}.csr`)];
			const extension = ['-addext', `subjectAltName=${names}`];
			openssl('req', ...CURVE, '-subj', `/CN=${name}`, ...extension, '-keyout', key, '-out', asked);
			const until = expired ? '20210101000000Z' : '20491231000000Z';
			openssl(
				...['ca', '-config', 'ca.cnf', '-batch', '-notext', '-cert', ca, '-keyfile', at('ca.key')],
				...['-in', asked, '-out', cert, '-startdate', '20200101000000Z', '-enddate', until],
			);
			return { cert, key };
		},
	};
}
