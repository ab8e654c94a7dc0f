const SECRET_NAME = /token|secret|password|passwd|passphrase|authorization|cookie|api_?-?key|private_?-?key|credential/i;
/** Names that match but are counts or times of the speech domain. */
const HARMLESS_NAME = /^(first_?token|(max_?)?tokens?_?(count|per|ms|sec))|^(max_?)?tokens$|latency/i;

/** Whether what has this name (a variable, a field, a header) is nobody's to see. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !HARMLESS_NAME.test(name);
}
