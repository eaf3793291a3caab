// Owns: the process that writes one file with the rights it was started with: a request on standard input, one answer.
// Knows nothing of: who asks. An empty answer says that it is written.
import { readFileSync } from 'node:fs';
import { type WriteRequest, write } from '../app/live/write-request.ts';

try {
  process.stdout.write(write(JSON.parse(readFileSync(0, 'utf8')) as WriteRequest) ?? '');
} catch (error) {
  process.stdout.write(String((error as Error).message));
}
