// Owns: what becomes of text when a descriptor takes little, nothing, or is closed.
// Knows nothing of: what the text says.
import { equal, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { createOutput, OutputClosed, type WriteCall } from '../src/app/output.ts';
import { UserError } from '../src/app/user-error.ts';

const place = { fd: 1, name: 'standard output', isTty: false };

/** Answers each call by the next entry: bytes taken, or an error code. */
function script(answers: readonly (number | string)[], taken: string[] = []): WriteCall {
  let call = 0;
  return (_fd, bytes, offset, length, _position, done) => {
    const answer = answers[call++] ?? length;
    if (typeof answer === 'string') return done(Object.assign(new Error(answer), { code: answer }), 0);
    taken.push(Buffer.from(bytes.subarray(offset, offset + Math.min(answer, length))).toString());
    done(null, Math.min(answer, length));
  };
}

test('short writes and a descriptor that is busy lose and repeat nothing', async () => {
  const taken: string[] = [];
  await createOutput(place, script([3, 'EAGAIN', 1, 'EINTR'], taken)).write('hällo world');
  equal(taken.join(''), 'hällo world');
});

test('a reader that went away is not a failure', async () => {
  await rejects(createOutput(place, script(['EPIPE'])).write('x'), OutputClosed);
  await rejects(createOutput({ ...place, isTty: true }, script(['EIO'])).write('x'), OutputClosed);
});

test('a full disk is one sentence', async () => {
  const failure = (error: unknown) =>
    error instanceof UserError &&
    error.kind === 'running' &&
    error.message === 'cannot write standard output: no space left on the device';
  await rejects(createOutput(place, script([2, 'ENOSPC'])).write('text'), failure);
  await rejects(createOutput(place, script(['EIO'])).write('x'), UserError);
});
