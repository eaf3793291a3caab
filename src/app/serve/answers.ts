// Owns: what the front may ask the collector, and the answers: each verb with its schema, everything else is refused.
// Knows nothing of: how questions come in. The front reads from the network: nothing it says is trusted.
import { z } from 'zod';

/** One verb. `answer` gets what the schema let through; it may throw an AnswerError. */
export interface Verb {
  readonly schema: z.ZodType;
  readonly answer: (question: never) => unknown;
}

export interface AnswerError {
  readonly status: number;
  readonly error: string;
}

const envelope = z.looseObject({ ask: z.string().max(32), id: z.number().int().positive() });

/** A verb whose answer gets values of its schema's type. */
export function verb<Schema extends z.ZodType>(schema: Schema, answer: (question: z.output<Schema>) => unknown): Verb {
  return { schema, answer: answer as Verb['answer'] };
}

/** A function from the line of a question to the line of its answer; undefined for what is no question. */
export function createAnswers(verbs: Readonly<Record<string, Verb>>) {
  return async (line: string): Promise<string | undefined> => {
    const read = envelope.safeParse(parse(line));
    if (!read.success) return undefined;
    const { ask, id, ...rest } = read.data;
    const known = Object.hasOwn(verbs, ask) ? verbs[ask] : undefined;
    if (known === undefined) return refusal(id, 404, 'the collector has no such verb');
    const question = known.schema.safeParse(rest);
    if (!question.success) return refusal(id, 400, sentenceOf(question.error));
    try {
      return `${JSON.stringify({ answer: id, value: await known.answer(question.data as never) })}\n`;
    } catch (error) {
      const said = error as Partial<AnswerError>;
      if (typeof said.status === 'number' && typeof said.error === 'string')
        return refusal(id, said.status, said.error);
      return refusal(id, 500, 'a fault in nettrace');
    }
  };
}

function refusal(answer: number, status: number, error: string): string {
  return `${JSON.stringify({ answer, status, error })}\n`;
}

/** The first thing that is wrong. */
function sentenceOf({ issues: [issue] }: z.ZodError): string {
  return `${issue?.path.join('.') || 'the question'}: ${issue?.message ?? 'not understood'}`;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
