// Owns: sort and group of each screen as settings in one line of text, `processes=cpu connections=-age`, both ways.
// Knows nothing of: files and keys.
import { TABS } from '../../view/screen-table.ts';
import { EMPTY_LIST, type ListState, type Sort, type UiState } from '../../view/ui-state.ts';
import { UserError } from '../user-error.ts';

type Lists = UiState['lists'];

export interface ListSettings {
  readonly 'sort-by': string;
  readonly 'group-by': string;
}

/** Of every screen with a tab that is sorted or grouped in a way of its own, in the order of the tabs. */
export function listSettings(lists: Lists): ListSettings {
  const words = (text: (list: ListState) => string) =>
    TABS.flatMap(({ kind }) => {
      const list = lists[kind];
      const value = list === undefined ? '' : text(list);
      return value === '' ? [] : [`${kind}=${value}`];
    }).join(' ');
  return {
    'sort-by': words(({ sort }) => (sort === undefined ? '' : `${sort.reversed ? '-' : ''}${sort.by}`)),
    'group-by': words(({ group }) => group),
  };
}

/** The lists as these settings have them. Throws UserError where a screen, column or group of that name is none. */
export function listsOf(settings: ListSettings): Lists {
  const lists: Record<string, ListState> = {};
  const change = (kind: string, more: Partial<ListState>) => {
    lists[kind] = { ...(lists[kind] ?? EMPTY_LIST), ...more };
  };
  for (const [kind, value] of pairs('sort-by', settings)) change(kind, { sort: sortOf(kind, value) });
  for (const [kind, value] of pairs('group-by', settings)) {
    const ids = (listOf('group-by', kind).groups ?? []).map(({ id }) => id);
    if (!ids.includes(value)) throw wrong('group-by', `${kind} cannot be grouped by "${value}"`, ids);
    change(kind, { group: value });
  }
  return lists;
}

function sortOf(kind: string, value: string): Sort {
  const reversed = value.startsWith('-');
  const by = reversed ? value.slice(1) : value;
  const ids = listOf('sort-by', kind).sorts;
  if (!ids.includes(by)) throw wrong('sort-by', `${kind} cannot be sorted by "${by}"`, ids);
  return { by, reversed };
}

function pairs(name: keyof ListSettings, settings: ListSettings): readonly (readonly [kind: string, value: string])[] {
  return settings[name].split(/[\s,]+/).flatMap((word) => {
    const [kind = '', value = ''] = word.split('=', 2);
    return word === '' ? [] : [[kind, value] as const];
  });
}

function listOf(name: keyof ListSettings, kind: string) {
  const list = TABS.find((tab) => tab.kind === kind)?.list;
  const known = TABS.filter((tab) => tab.list !== undefined).map((tab) => tab.kind);
  if (list === undefined) throw wrong(name, `"${kind}" is no screen with a list`, known);
  return list;
}

function wrong(name: keyof ListSettings, what: string, known: readonly string[]): UserError {
  return new UserError(`--${name} (also in the configuration file): ${what}; there are ${known.join(', ')}`);
}
