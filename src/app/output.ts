// Owns: text to a file descriptor without ever blocking this thread: order, short writes, a reader that went away.
// Knows nothing of: what is written.
import { write as fsWrite } from 'node:fs';
import { describeErrno, UserError } from './user-error.ts';

export interface Output {
  /**
   * Resolves when everything is with the kernel. A slow reader makes this slow, nothing else.
   * Throws OutputClosed when nobody reads any more, UserError when it cannot be written.
   */
  write(text: string): Promise<void>;
}

/** The reader went away (EPIPE, or the terminal is gone): a reason to end, not a failure. */
export class OutputClosed extends Error {
  constructor() {
    super('the output was closed');
    this.name = 'OutputClosed';
  }
}

/** write(2) as a callback; `node:fs` write fits. */
export type WriteCall = (
  fd: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
  position: null,
  done: (error: NodeJS.ErrnoException | null, written: number) => void,
) => void;

const RETRY_MS = 20;

export interface OutputPlace {
  readonly fd: number;
  /** Completes "cannot write ...". */
  readonly name: string;
  /** A terminal that is gone answers with EIO. */
  readonly isTty: boolean;
}

/** Calls of write() must be awaited one after the other. */
export function createOutput(place: OutputPlace, call: WriteCall = fsWrite): Output {
  const writeSome = (bytes: Uint8Array, offset: number) =>
    new Promise<number>((resolve, reject) => {
      call(place.fd, bytes, offset, bytes.length - offset, null, (error, written) =>
        error ? reject(error) : resolve(written),
      );
    });
  return {
    async write(text) {
      const bytes = Buffer.from(text);
      for (let offset = 0; offset < bytes.length; ) {
        try {
          offset += await writeSome(bytes, offset);
        } catch (error) {
          await afterError(error as NodeJS.ErrnoException, place);
        }
      }
    },
  };
}

/** A descriptor that another program left in non-blocking mode is tried again; the rest ends the output. */
async function afterError(error: NodeJS.ErrnoException, { name, isTty }: OutputPlace): Promise<void> {
  switch (error.code) {
    case 'EAGAIN':
    case 'EINTR':
      return new Promise((resolve) => {
        setTimeout(resolve, RETRY_MS);
      });
    case 'EPIPE':
    case 'ECONNRESET':
      throw new OutputClosed();
    default:
      if (error.code === 'EIO' && isTty) throw new OutputClosed();
      throw new UserError(`cannot write ${name}: ${describeErrno(error)}`, 'running', { cause: error });
  }
}
