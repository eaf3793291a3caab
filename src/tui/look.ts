// Owns: how one style token looks in each colour tier.
// Knows nothing of: which tokens there are, and of escape codes.

/**
 * SGR parameters by tier; a tier that is absent takes the next lower one. `mono` has attributes only (1 bold, 2 dim,
 * 3 italic, 4 underline, 7 reverse). Meters stay on the 16 palette indexes in every tier, so that they follow the
 * user's own colours as htop's do; numbers of `c256` are palette indexes, those of `rgb` red;green;blue.
 */
export interface Look {
  readonly mono: string;
  readonly c16: string;
  readonly c256?: string;
  readonly rgb?: string;
}

export function look(mono: string, c16: string = mono, c256?: string, rgb?: string): Look {
  return { mono, c16, ...(c256 === undefined ? {} : { c256 }), ...(rgb === undefined ? {} : { rgb }) };
}
