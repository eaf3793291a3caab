// Owns: completion scripts for bash, zsh and fish, from what the commands take.
// Knows nothing of: which commands there are. No text in them comes from outside.
import type { CommandShape, Described, OptionShape } from './command-shape.ts';

export const SHELLS: Readonly<Record<string, (commands: readonly Described[]) => string>> = { bash, zsh, fish };

/** What launchers answer before nettrace runs (./nettrace). */
const LAUNCHER_WORDS = ['install', 'uninstall'] as const;

function commandWords(commands: readonly Described[]): readonly string[] {
  return [...commands.map(({ name }) => name).filter((name) => name !== ''), ...LAUNCHER_WORDS];
}

function bash(commands: readonly Described[]): string {
  const cases = commands.map(({ name, shape }) => {
    const valued = shape.options.filter(({ argument }) => argument !== undefined);
    const values = valued.map((option) => `      ${option.names.join(' | ')}) ${bashValue(option)} ;;`);
    const names = shape.options.flatMap((option) => option.names).join(' ');
    const words = [...(name === '' ? commandWords(commands) : []), ...(shape.words ?? [])].join(' ');
    const rest = `words="${words}${shape.devices ? `${words === '' ? '' : ' '}$(_nettrace_devices)` : ''}"`;
    return `  ${name === '' ? '*' : name})
    case $previous in
${[...values, '      *) taken= ;;'].join('\n')}
    esac
    options="${names}"
    ${rest}
    ;;`;
  });
  const [own, ...others] = cases;
  return `# bash completion for nettrace, printed by "nettrace completion bash"
_nettrace_devices() { (cd /sys/class/net 2>/dev/null && echo *); }

_nettrace() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} command= options words taken=1
  # "--option=value" comes as three words.
  if [ "$current" = "=" ]; then current=; elif [ "$previous" = "=" ]; then previous=\${COMP_WORDS[COMP_CWORD - 2]}; fi
  [ "$COMP_CWORD" -gt 1 ] && command=\${COMP_WORDS[1]}
  COMPREPLY=()
  case $command in
${[...others, own].join('\n')}
  esac
  [ -z "$taken" ] || return 0
  case $current in
  -*) COMPREPLY=($(compgen -W "$options" -- "$current")) ;;
  *) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
  esac
}
complete -F _nettrace nettrace ./nettrace
`;
}

function bashValue({ argument, choices }: OptionShape): string {
  if (choices.length > 0) return `COMPREPLY=($(compgen -W "${choices.join(' ')}" -- "$current"))`;
  if (argument === 'FILE') return 'compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$current"))';
  if (argument === 'FOLDER') return 'compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$current"))';
  return ':';
}

function zsh(commands: readonly Described[]): string {
  const [own, ...others] = commands;
  const listed = others.map(({ name, summary }) => `    ${quote(`${name}:${summary}`)}`);
  const cases = others.map(
    ({ name, shape }) => `    ${name})\n      _arguments -s \\\n${zshArguments(shape)}\n      ;;`,
  );
  return `#compdef nettrace
# zsh completion for nettrace, printed by "nettrace completion zsh"
_nettrace_devices() {
  local -a devices=(/sys/class/net/*(N:t))
  compadd -a devices
}

_nettrace_first() {
  local -a commands=(
${listed.join('\n')}
    ${quote("install:put nettrace on root's PATH")}
    ${quote('uninstall:remove it from there')}
  )
  _describe command commands
  _nettrace_devices
}

_nettrace() {
  local command=$words[2]
  case $command in
    ${others.map(({ name }) => name).join('|')})
      (( CURRENT > 2 )) || { _nettrace_first; return }
      shift words
      (( CURRENT-- ))
      ;;
    *) command= ;;
  esac
  case $command in
${cases.join('\n')}
    *)
      if (( CURRENT == 2 )) && [[ $PREFIX != -* ]]; then _nettrace_first; return; fi
      _arguments -s \\
${own === undefined ? '' : zshArguments(own.shape)}
      ;;
  esac
}
if [ "$funcstack[1]" = _nettrace ]; then _nettrace "$@"; else compdef _nettrace nettrace; fi
`;
}

function zshArguments({ options, devices, words = [] }: CommandShape): string {
  const lines = options.flatMap((option) =>
    option.names.map((name) => {
      const help = option.help.replace(/[[\]\\]/g, '\\$&').replace(/:/g, '\\:');
      return quote(`*${name}[${help}]${zshValue(option)}`);
    }),
  );
  const rest = devices
    ? ["'*:device:_nettrace_devices'"]
    : words.length > 0
      ? [quote(`1:word:(${words.join(' ')})`)]
      : [];
  return [...lines, ...rest].map((line) => `        ${line}`).join(' \\\n');
}

function zshValue({ argument, choices }: OptionShape): string {
  if (argument === undefined) return '';
  if (choices.length > 0) return `:${argument}:(${choices.join(' ')})`;
  if (argument === 'FILE') return `:${argument}:_files`;
  return argument === 'FOLDER' ? `:${argument}:_files -/` : `:${argument}: `;
}

function fish(commands: readonly Described[]): string {
  const names = commandWords(commands).join(' ');
  const first = 'test (count (commandline -opc)) -eq 1';
  const lines = commands.flatMap(({ name, summary, shape }) => {
    const when = name === '' ? `not __fish_seen_subcommand_from ${names}` : `__fish_seen_subcommand_from ${name}`;
    const words = [...(shape.words ?? []), ...(shape.devices ? ['(__nettrace_devices)'] : [])].join(' ');
    return [
      ...(name === '' ? [] : [`complete -c nettrace -n ${quote(first)} -a ${name} -d ${fishQuote(summary)}`]),
      ...(words === '' ? [] : [`complete -c nettrace -n ${quote(when)} -a ${quote(words)}`]),
      ...shape.options.map((option) => `complete -c nettrace -n ${quote(when)}${fishOption(option)}`),
    ];
  });
  return `# fish completion for nettrace, printed by "nettrace completion fish"
function __nettrace_devices
    command ls /sys/class/net 2>/dev/null
end
complete -c nettrace -f
complete -c nettrace -n ${quote(first)} -a ${quote(LAUNCHER_WORDS.join(' '))}
${lines.join('\n')}
`;
}

function fishOption({ names, argument, help, choices }: OptionShape): string {
  const flags = names.map((name) => (name.startsWith('--') ? ` -l ${name.slice(2)}` : ` -s ${name.slice(1)}`)).join('');
  const value =
    argument === undefined
      ? ''
      : choices.length > 0
        ? ` -x -a ${quote(choices.join(' '))}`
        : argument === 'FILE' || argument === 'FOLDER'
          ? ' -r -F'
          : ' -x';
  return `${flags}${value} -d ${fishQuote(help)}`;
}

/** One word of sh and zsh. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function fishQuote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
