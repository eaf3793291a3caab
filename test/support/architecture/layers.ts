// Owns: the layers of both languages as data (ARCHITECTURE.md, Layers), and what pure layers must do without.
// Knows nothing of: how the rules are checked.

export interface Layer {
  /** Folder below src/ or native/. */
  readonly name: string;
  /** A layer sees lower ranks; layers of one rank do not see each other. */
  readonly rank: number;
  /** Lower layers that it must not see all the same. */
  readonly never?: readonly string[];
  /** No clock, no process, no console. */
  readonly pure?: boolean;
  /** What to do instead of the import that was found. */
  readonly instead: string;
}

export interface Language {
  readonly root: 'src' | 'native';
  readonly layers: readonly Layer[];
}

const HANDED_IN = 'let src/app hand it in as a value';
const BLIND = 'take it from the model: this layer cannot tell a live machine from a replay';

export const TYPESCRIPT: Language = {
  root: 'src',
  layers: [
    { name: 'cli', rank: 7, instead: 'move what both need into src/app or below' },
    { name: 'app', rank: 6, instead: 'return it to src/cli, which decides about words and exit codes' },
    { name: 'tui', rank: 5, never: ['native', 'procfs'], instead: BLIND },
    { name: 'service', rank: 5, never: ['native', 'procfs'], instead: BLIND },
    { name: 'view', rank: 4, never: ['native', 'procfs'], pure: true, instead: BLIND },
    { name: 'netstat', rank: 4, pure: true, instead: HANDED_IN },
    { name: 'export', rank: 4, never: ['native', 'procfs'], pure: true, instead: BLIND },
    { name: 'store', rank: 4, instead: HANDED_IN },
    { name: 'model', rank: 3, pure: true, instead: HANDED_IN },
    { name: 'native', rank: 2, instead: 'hand readings up; the model makes sense of them' },
    { name: 'procfs', rank: 2, instead: 'hand readings up; the model makes sense of them' },
    { name: 'base', rank: 1, pure: true, instead: 'pass what it needs as an argument' },
  ],
};

export const CPP: Language = {
  root: 'native',
  layers: [
    { name: 'dev', rank: 10, instead: 'tests and benchmarks may see everything; nothing may see them' },
    { name: 'binding', rank: 9, instead: 'tests alone see native/dev' },
    { name: 'engine', rank: 8, instead: 'return plain values; native/binding turns them into JavaScript' },
    { name: 'snapshot', rank: 7, instead: 'take the rows as arguments; native/engine fetches them' },
    { name: 'doctor', rank: 7, instead: 'what a run needs is not for the doctor alone: move it below' },
    { name: 'tap', rank: 6, instead: 'it joins frames of two rings; whose they are is decided above' },
    { name: 'capture', rank: 5, instead: 'let native/engine connect the two' },
    { name: 'host', rank: 5, instead: 'let native/engine connect the two' },
    { name: 'meter', rank: 5, instead: 'let native/engine connect the two' },
    { name: 'flow', rank: 4, pure: true, instead: 'take it as a value; native/engine connects the layers' },
    { name: 'decode', rank: 3, pure: true, instead: 'put it into PacketView; native/flow decides about it' },
    { name: 'names', rank: 3, pure: true, instead: 'put it into NameClue; native/flow decides about it' },
    { name: 'base', rank: 2, pure: true, instead: 'pass what it needs as an argument' },
  ],
};

/** A pattern that must not occur, and what to do instead. */
export interface Ban {
  readonly what: RegExp;
  readonly name: string;
  readonly instead: string;
}

const TIME_AS_ARGUMENT = 'take the time as an argument';

/** `process` is also our word for a row, so only members that rows do not have are looked for. */
export const TYPESCRIPT_PURITY: readonly Ban[] = [
  { what: /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\s*\./g, name: 'a clock', instead: TIME_AS_ARGUMENT },
  {
    what: /\bset(?:Timeout|Interval|Immediate)\b|\bqueueMicrotask\b/g,
    name: 'a timer',
    instead: 'let src/app drive it',
  },
  {
    what: /\bprocess\.(?:env|std(?:in|out|err)|argv|exit(?:Code)?|hrtime|cwd|nextTick|memoryUsage|kill|platform|versions|emitWarning|getuid|on|once)\b/g,
    name: 'the process',
    instead: HANDED_IN,
  },
  { what: /\bconsole\s*\./g, name: 'the console', instead: 'return the text' },
  { what: /\bMath\.random\b/g, name: 'chance', instead: 'take the seed as an argument' },
];

/** Modules of node that compute and nothing else. */
export const PURE_MODULES: readonly string[] = ['node:util', 'node:buffer', 'node:string_decoder'];

export const CPP_PURITY: readonly Ban[] = [
  {
    what: /(?<![\w.>:])(?:std::)?time\s*\(|\b(?:clock_gettime|gettimeofday|monotonic_nanos|realtime_nanos|clock_nanos)\s*\(|\bstd::chrono::\w+_clock\b/g,
    name: 'a clock',
    instead: TIME_AS_ARGUMENT,
  },
  {
    what: /#\s*include\s*<(?:thread|mutex|shared_mutex|condition_variable|future)>/g,
    name: 'threads',
    instead: 'leave threads and locks to native/engine',
  },
  {
    what: /#\s*include\s*<(?:iostream|fstream|syslog\.h)>|\b(?:printf|fprintf|puts|std::cerr|std::cout|std::clog)\b/g,
    name: 'the console',
    instead: 'return a Result or count it',
  },
  {
    what: /\b(?:getenv|getrandom|random_device|srand|rand)\b/g,
    name: 'the process or chance',
    instead: 'take it as an argument',
  },
];

/** The one file of a pure layer that is about clocks. */
export const CLOCK_FILE = 'native/base/clock.h';

/** The only file that spells escape codes. */
export const ESCAPE_FILE = 'src/tui/ansi.ts';

/** A mark that silences a checker: where it may stand, the whole mark, and why it is right there. */
export interface Silence {
  readonly path: RegExp;
  readonly text: string;
  readonly reason: string;
}

export const ALLOWED_SILENCE: readonly Silence[] = [
  {
    path: /^native\/base\/result\.h$/,
    text: 'NOLINT(google-explicit-constructor)',
    reason: 'a function returns its value or its Error as it is, without naming Result',
  },
  {
    path: /^native\/(?:\w+\/\w+_test|dev\/bench_\w+)\.cc$/,
    text: 'NOLINT(google-build-using-namespace)',
    reason: 'packets in tests and benchmarks read as sentences',
  },
  {
    path: /^test\/[\w-]+\.test\.ts$/,
    text: 'biome-ignore lint/suspicious/noControlCharactersInRegex',
    reason: 'a test looks for the control characters that must not get through',
  },
];
