// The trivial service behind every gateway of the comparison; for ours it also has auth's public keys and answers for sessions.
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';

const [port, keysFile] = [Number(process.argv[2]), process.argv[3]];
const keys = readFileSync(keysFile);
const rights = Buffer.from(JSON.stringify({ roles: ['client'], permissions: ['orders.create'] }));
const send = (response, body) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
};
createServer({ keepAlive: true, keepAliveTimeout: 60_000 }, (request, response) => {
  if (request.url === '/internal/keys') return send(response, keys);
  if (request.url !== '/internal/sessions/check') return send(response, rights);
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const { sessionIds } = JSON.parse(Buffer.concat(chunks).toString());
    send(
      response,
      Buffer.from(
        JSON.stringify({ items: sessionIds.map((sessionId) => ({ sessionId, active: true, validFrom: 0 })) }),
      ),
    );
  });
}).listen(port, '127.0.0.1');
