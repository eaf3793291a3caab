// Owns: a minimal program with the npm package cap: counts packets on a device until SIGINT. The baseline that a
// JavaScript packet loop sets. Knows nothing of: who measures it.
import { createRequire } from 'node:module';

interface Cap {
  open(device: string, filter: string, bufferSize: number, buffer: Buffer): string;
  setMinBytes?(bytes: number): void;
  on(event: 'packet', listener: (bytes: number) => void): void;
  close(): void;
}

const { Cap: Capture } = createRequire(import.meta.url)('cap') as { readonly Cap: new () => Cap };
const capture = new Capture();
let packets = 0;
// cap writes into it and does not keep it alive: the handler below does.
const frame = Buffer.alloc(65_535);
capture.open(process.argv[2] ?? 'lo', '', 16 * 1024 * 1024, frame);
capture.setMinBytes?.(0);
capture.on('packet', () => {
  packets++;
});
process.on('SIGINT', () => {
  console.log(`packets ${packets} of at most ${frame.length} bytes`);
  capture.close();
  process.exit(0);
});
console.log('ready');
