// Owns: what `nettrace doctor` can be asked for.
// Knows nothing of: how it is done. Loaded with the command line, so it loads nothing.

export interface DoctorRequest {
  readonly json: boolean;
  /** This process is the self-test: its figures are printed, and nothing else is done. */
  readonly child: boolean;
}

/** The word for the hidden process. */
export const CHILD_WORD = '--self-test-process';
