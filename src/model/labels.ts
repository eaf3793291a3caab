// Owns: the closed lists of words that formats need, for layers that do not see the native boundary.
// Knows nothing of: what the words stand for.
export { ENGINE_STATES, OWNER_KINDS, OWNERSHIPS } from '../native/schema.ts';
