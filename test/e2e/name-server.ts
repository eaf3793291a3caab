// Owns: the far side of the name test: a small DNS server, whose answers are longer than a packet's headers, a spoofed
// answer beside each of them, and something that accepts connections.
// Knows nothing of: who asks. Words: ADDRESS.
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const [address = ''] = process.argv.slice(2);
const HEADER = 12;

const u16 = (...values: readonly number[]) => Buffer.from(values.flatMap((value) => [value >> 8, value & 0xff]));
const labels = (name: string) =>
  Buffer.concat([
    ...name.split('.').map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`)),
    u16(),
  ]);
const record = (owner: Buffer, type: number, data: Buffer) =>
  Buffer.concat([owner, u16(type, 1, 0, 300, data.length), data]);
const ROOT = Buffer.from([0]);
const alias = Buffer.concat([labels(`${'long-name-of-a-cdn.'.repeat(8)}example`), ROOT]);
const ipv4 = Buffer.from(address.split('.').map(Number));

/** The name that was asked, an alias of it, and the address of that. */
function answerTo(question: Buffer): Buffer {
  const end = question.indexOf(0, HEADER) + 5;
  const head = Buffer.concat([question.subarray(0, 2), u16(0x8180, 1, 2, 0, 0), question.subarray(HEADER, end)]);
  return Buffer.concat([head, record(u16(0xc000 | HEADER), 5, alias), record(alias, 1, ipv4)]);
}

/** As somebody sends it who guesses: the right ports and address, but a question that nobody asked. */
function spoofed(): Buffer {
  const name = Buffer.concat([labels('bank.example'), ROOT]);
  return Buffer.concat([u16(7, 0x8180, 1, 1, 0, 0), name, u16(1, 1), record(u16(0xc000 | HEADER), 1, ipv4)]);
}

const dns = createSocket('udp4');
dns.on('message', (question, { port, address: from }) => {
  dns.send(spoofed(), port, from);
  dns.send(answerTo(question), port, from);
});
const accept = () => createServer((socket) => socket.on('error', () => {}).resume());
const listening = [8080, 443].map((port) => new Promise<void>((done) => accept().listen(port, address, done)));
const bound = new Promise<void>((done) => dns.bind(53, address, done));
await Promise.all([...listening, bound]);
createSocket('udp4').bind(443, address, () => console.log('ready'));
