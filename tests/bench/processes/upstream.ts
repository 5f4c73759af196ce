/** A stub engine in a process of its own: a fixed small answer at once, or a stream of timed chunks. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const ANSWER = Buffer.from(
  JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'Hello there, this is a short answer of some tokens.' },
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 12, completion_tokens: 11, total_tokens: 23 },
  }),
);
const STREAM_CHUNKS = 50;
const CHUNK_EVERY_MS = 20;

const server = createServer((req, res) => {
  const parts: Buffer[] = [];
  req.on('data', (part: Buffer) => parts.push(part));
  req.on('end', () => {
    if (!Buffer.concat(parts).includes('"stream":true')) {
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': ANSWER.length }).end(ANSWER);
      return;
    }
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    let sent = 0;
    const timer = setInterval(() => {
      sent += 1;
      const at = performance.timeOrigin + performance.now();
      res.write(`data: {"choices":[{"index":0,"delta":{"content":"token ${sent}"}}],"at":${at}}\n\n`);
      if (sent === STREAM_CHUNKS) {
        clearInterval(timer);
        res.end(
          `data: {"choices":[],"usage":{"prompt_tokens":12,"completion_tokens":${STREAM_CHUNKS}}}\n\ndata: [DONE]\n\n`,
        );
      }
    }, CHUNK_EVERY_MS);
    res.once('close', () => clearInterval(timer));
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(`listening ${(server.address() as AddressInfo).port}`));
