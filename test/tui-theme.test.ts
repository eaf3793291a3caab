// Owns: what capabilities are read from the environment, and what themes may contain.
// Knows nothing of: real terminals.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { enterSequence, LEAVE_SEQUENCE } from '../src/tui/ansi.ts';
import { type CapabilityInput, detectCapabilities, textModeOf } from '../src/tui/capabilities.ts';
import { createTheme } from '../src/tui/theme.ts';
import { STYLE_TOKENS } from '../src/view/styled-text.ts';
import { THEMES } from '../src/view/ui-state.ts';

const TTY = { stdinIsTty: true, stdoutIsTty: true };
const of = (env: CapabilityInput['env'], rest: Partial<CapabilityInput> = {}) =>
  detectCapabilities({ ...TTY, env, ...rest });

test('colours come from TERM and COLORTERM; NO_COLOR and --color decide against them', () => {
  assert.equal(of({ TERM: 'xterm' }).colorTier, '16');
  assert.equal(of({ TERM: 'xterm-256color' }).colorTier, '256');
  assert.equal(of({ TERM: 'tmux-256color', COLORTERM: 'truecolor' }).colorTier, 'truecolor');
  assert.equal(of({ TERM: 'xterm', COLORTERM: '24bit' }).colorTier, 'truecolor');
  assert.equal(of({ TERM: 'vt100' }).colorTier, 'mono');
  assert.equal(of({ TERM: 'vt100' }, { color: 'always' }).colorTier, '16');
  assert.equal(of({ TERM: 'xterm-256color', NO_COLOR: '1' }).colorTier, 'mono');
  assert.equal(of({ TERM: 'xterm-256color', NO_COLOR: '' }).colorTier, '256', 'an empty NO_COLOR does not count');
  assert.equal(of({ TERM: 'xterm-256color', NO_COLOR: '1' }, { color: 'always' }).colorTier, '256');
  assert.equal(of({ TERM: 'xterm-256color' }, { color: 'never' }).colorTier, 'mono');
  assert.equal(of({ TERM: 'linux' }).brightAsBold, true);
});

test('without a terminal that can position text there is no live view, and the reason is said', () => {
  assert.equal(of({ TERM: 'xterm' }).obstacle, '');
  assert.equal(of({ TERM: 'dumb' }).obstacle, 'TERM=dumb cannot position text');
  assert.equal(of({}).obstacle, 'TERM is not set');
  assert.equal(of({ TERM: 'xterm' }, { stdoutIsTty: false }).obstacle, 'standard output is not a terminal');
  assert.equal(of({ TERM: 'xterm' }, { stdinIsTty: false }).obstacle, 'standard input is not a terminal');
  assert.equal(of({ TERM: 'dumb' }).interactive, false);
  assert.equal(of({ TERM: 'dumb\x1b[31m' }).obstacle, '', 'an unknown name is a terminal');
});

test('text that is written once carries escapes only where they are understood', () => {
  assert.equal(of({ TERM: 'xterm' }).escapes, true);
  assert.equal(of({ TERM: 'dumb' }).escapes, false);
  assert.equal(of({}).escapes, false);
  assert.equal(of({ TERM: 'xterm' }, { stdoutIsTty: false }).escapes, false);
  assert.equal(of({ TERM: 'xterm' }, { stdoutIsTty: false, color: 'always' }).escapes, true);
  assert.equal(of({ TERM: 'xterm', NO_COLOR: '1' }).escapes, false);
});

test('UTF-8 comes from the locale in POSIX order', () => {
  assert.equal(of({ LANG: 'en_US.UTF-8' }).unicode, true);
  assert.equal(of({ LANG: 'C.utf8' }).unicode, true);
  assert.equal(of({ LANG: 'C.utf8', TERM: 'linux' }).unicode, false);
  assert.equal(of({ LC_ALL: 'C', LANG: 'en_US.UTF-8' }).unicode, false);
  assert.equal(of({ LC_ALL: '', LC_CTYPE: 'de_DE.ISO-8859-1', LANG: 'en_US.UTF-8' }).unicode, false);
  assert.equal(of({}).unicode, false);
  assert.equal(of({ LANG: 'en_US.UTF-8' }, { ascii: true }).unicode, false);
  assert.deepEqual(textModeOf(of({ TERM: 'vt100', LANG: 'C.UTF-8' })), {
    unicode: true,
    color: false,
    ambiguousWidth: 1,
  });
});

test('meters use the colours of htop as palette indexes in every tier that has colours', () => {
  const wanted = {
    'cpu-low': '0;1;34',
    'cpu-user': '0;32',
    'cpu-kernel': '0;31',
    'cpu-virt': '0;36',
    'mem-used': '0;32',
    'mem-shared': '0;35',
    'mem-buffers': '0;1;34',
    'mem-cache': '0;33',
    'swap-used': '0;31',
    'swap-cache': '0;33',
    'bar-text': '0;1;90',
    'bar-caption': '0;36',
    'bar-bracket': '0;1',
  } as const;
  for (const tier of ['16', '256', 'truecolor'] as const) {
    const theme = createTheme(tier);
    for (const [token, sgr] of Object.entries(wanted)) {
      assert.equal(theme.parameters[theme.idOf[token as keyof typeof wanted]], sgr, `${token} in ${tier}`);
    }
  }
});

test('without colour there are attributes only, and the Linux console gets bold for bright', () => {
  const mono = createTheme('mono');
  for (const text of mono.parameters) assert.match(text, /^0(;[12347])*$/);
  const linux = createTheme('16', true);
  for (const text of linux.parameters) assert.doesNotMatch(text, /(^|;)9[0-7]/);
  assert.equal(linux.parameters[linux.idOf['bar-text']], '0;1;30');
  assert.equal(linux.parameters[linux.idOf['cpu-low']], '0;1;34');
  assert.equal(linux.parameters[linux.idOf.dim], '0;1;30');
});

test('every token has a look, equal looks share an id, normal is 0', () => {
  for (const tier of ['mono', '16', '256', 'truecolor'] as const) {
    const theme = createTheme(tier);
    assert.equal(theme.idOf.normal, 0);
    assert.equal(new Set(theme.parameters).size, theme.parameters.length);
    assert.ok(theme.parameters.length <= 256, 'an id fits a byte');
    for (const token of STYLE_TOKENS) assert.ok(theme.parameters[theme.idOf[token]] !== undefined, token);
  }
});

test('entering and leaving are the specified bytes in the specified order', () => {
  assert.equal(enterSequence(true), '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?1002h\x1b[?1006h\x1b[?2004h\x1b[2J');
  assert.equal(enterSequence(false), '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?2004h\x1b[2J');
  assert.equal(LEAVE_SEQUENCE, '\x1b[?2026l\x1b[?2004l\x1b[?1006l\x1b[?1002l\x1b[?7h\x1b[0m\x1b[?25h\x1b[?1049l');
});

test('every theme has a look for every style in every tier; mono has attributes only', () => {
  for (const name of THEMES) {
    for (const tier of ['mono', '16', '256', 'truecolor'] as const) {
      const theme = createTheme(tier, false, name);
      for (const token of STYLE_TOKENS) assert.match(theme.parameters[theme.idOf[token]] ?? '', /^0(;\d+)*$/, token);
      if (name === 'mono' || tier === 'mono') {
        assert.ok(
          theme.parameters.every((text) => text.split(';').every((part) => Number(part) < 30)),
          name,
        );
      }
    }
  }
});

test('the colour-blind theme never tells good from bad, or used from free, by green against red', () => {
  const theme = createTheme('16', false, 'colour-blind');
  for (const token of STYLE_TOKENS) {
    const parts = (theme.parameters[theme.idOf[token]] ?? '').split(';');
    assert.ok(!parts.includes('32') && !parts.includes('92'), `${token} is green`);
  }
});

test('with high contrast nothing is grey', () => {
  const theme = createTheme('256', false, 'high-contrast');
  for (const token of ['dim', 'exited', 'rule', 'tab', 'key-label', 'label'] as const) {
    assert.doesNotMatch(theme.parameters[theme.idOf[token]] ?? '', /(^|;)(2|90)(;|$)|38;5;24[0-9]/, token);
  }
});

test('text that steps back is never a white or light grey of ours, which a light background would swallow', () => {
  for (const name of ['default', 'colour-blind', 'high-contrast', 'mono'] as const) {
    for (const tier of ['16', '256', 'truecolor'] as const) {
      const theme = createTheme(tier, false, name);
      for (const token of ['normal', 'dim', 'tab', 'key-label', 'rule', 'exited'] as const) {
        const text = theme.parameters[theme.idOf[token]] ?? '';
        assert.doesNotMatch(text, /(^|;)37(;|$)|38;5;25\d|38;2;(1[89]\d|2\d\d);/, `${name} ${tier} ${token}`);
      }
    }
  }
});
