/** Names of variables and fields whose values are secrets. */
const SECRET_NAME = /token|secret|password|passwd|passphrase|authorization|cookie|api_?-?key|private_?-?key|credential/i;
/** Names that match but are counts or times of the speech domain. */
const HARMLESS_NAME = /^(first_?token|(max_?)?tokens?(_?(count|per|ms|sec))?$)|latency/i;

export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !HARMLESS_NAME.test(name);
}
