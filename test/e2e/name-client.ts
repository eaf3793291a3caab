// Owns: the near side of the name test: asks for a name and connects to the address, says hello by TLS and by QUIC, and
// keeps all of it open until its input ends.
// Knows nothing of: who watches. Words: ADDRESS of the server.
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** The beginning of the client's packet in RFC 9001, A.2: a hello to example.com. */
const INITIAL =
  'c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242b123dc9bd8bab936b47d92ec356c0bab7df5976d27cd' +
  '449f63300099f3991c260ec4c60d17b31f8429157bb35a1282a643a8d2262cad67500cadb8e7378c8eb7539ec4d4905fed1bee1fc8aafba1' +
  '7c750e2c7ace01e6005f80fcb7df621230c83711b39343fa028cea7f7fb5ff89';

const [server = ''] = process.argv.slice(2);
const resolver = new Resolver();
resolver.setServers([server]);
const [address = ''] = await resolver.resolve4('WWW.asked.example');

const plain = connect(8080, address);
await once(plain, 'connect');
plain.write('hello');
const hello = connectTls({ host: address, port: 443, servername: 'tls.example' });
hello.on('error', () => {});
await once(hello, 'connect');
const quic = createSocket('udp4');
quic.send(Buffer.concat([Buffer.from(INITIAL, 'hex'), Buffer.alloc(1040)]), 443, address);
console.log('ready');
process.stdin.resume().on('end', () => process.exit(0));
