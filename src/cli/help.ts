// Owns: how `nettrace --help` looks: groups, widths, examples.
// Knows nothing of: what the options do; their texts come from the option table.
import type { Command } from 'commander';

const SUMMARY = 'nettrace shows which process moves which bytes over the network, live.';

const AFTER = `
Examples:
  sudo nettrace                       live view of all devices
  sudo nettrace lo eth0 -d 0.5        two devices, two refreshes a second
  sudo nettrace -t -c 10              ten refreshes as text, in nethogs' format
  sudo nettrace --json | jq .         one JSON object a line
  nettrace --read trace.pcapng        what is in a capture file; needs no root
  sudo nettrace doctor                what works here, with a self-test; --json too
  sudo nettrace queues --once         what piles up in which socket, and why; for scripts too
  sudo nettrace netstat -antp         netstat's tables; netstat --help lists its options
  sudo nettrace serve                 a service with a page and JSON over HTTP; serve --help
  sudo nettrace record night.ntr      refreshes into a file; nettrace replay night.ntr shows them
  sudo nettrace attach                the live program on a service that is running
  sudo nettrace history --by user     what was moved in the past 24 hours; history --help has more
  sudo nettrace budgets               what each budget of the service has used; for scripts too
  sudo ./nettrace install             puts the command nettrace on root's PATH; uninstall removes it

Keys in the live view: ? shows them. Sizes may end in K, M or G (1024).
Exit codes: 0 as asked, 1 could not start, 2 could not finish, 3 doctor found faults,
4 queues pile up or a budget is exceeded. See docs/.
`;

/** The headings come in the order in which the options were added. */
export function configureHelp(command: Command): Command {
  return command.description(SUMMARY).configureHelp({ helpWidth: 100 }).addHelpText('after', AFTER);
}
