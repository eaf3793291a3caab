// Owns: how V8 is set up for a program that does little, for long.
// Knows nothing of: what the program does. Room for new objects is set where node starts: in `nettrace` and in the unit.

export const V8_FLAGS = [
  // A second of watching is a few milliseconds of work: V8's optimising compiler, on four threads of its own, would take longer
  // than all it can save, so that it starts with what has run seven times as much as usual.
  '--interrupt-budget=1000000',
  // Most of what a refresh makes lives until the next one, and is rubbish then: V8 is not to wait until there is twice as much.
  '--heap-growing-percent=20',
] as const;
