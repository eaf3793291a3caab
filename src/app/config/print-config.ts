// Owns: the settings in force as a configuration file that can be read back.
// Knows nothing of: where they came from.
import { stringify } from 'smol-toml';
import { GROUPS, SETTINGS, type Setting, type Settings } from './option-table.ts';
import { describeAllowed } from './option-value.ts';

export function printConfig(settings: Settings): string {
  const all: readonly (readonly [string, Setting])[] = Object.entries(SETTINGS);
  const lines = GROUPS.flatMap((group) => {
    const members = all.filter(([, setting]) => setting.group === group);
    return [`# ${group}`, '', ...members.flatMap(([name, setting]) => entry(name, setting, settings)), ''];
  });
  return ['# nettrace configuration: each key is the long option of the same name.', '', ...lines]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

function entry(name: string, setting: Setting, settings: Settings): readonly string[] {
  const value = settings[name as keyof Settings];
  const allowed =
    setting.kind.kind === 'text' || setting.kind.kind === 'list' ? '' : ` (${describeAllowed(setting.kind)})`;
  return [`# ${setting.help}${allowed}`, stringify({ [name]: value }).trimEnd()];
}
