import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';

/** nginx as a reverse proxy with kept-alive upstream connections; null where it is not installed. */
export async function startNginx(
  upstreamPort: number,
  directory: string,
): Promise<(AsyncDisposable & { port: number }) | null> {
  if (spawnSync('nginx', ['-v']).error) return null;
  const port = await freePort();
  mkdirSync(join(directory, 'nginx'), { recursive: true });
  const path = (name: string) => join(directory, 'nginx', name);
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${path(name)};`)
    .join(' ');
  writeFileSync(
    path('nginx.conf'),
    `daemon off; worker_processes 1; pid ${path('pid')}; error_log stderr crit;
events { worker_connections 2048; }
http { access_log off; ${paths}
  upstream engine { server 127.0.0.1:${upstreamPort}; keepalive 512; }
  server { listen 127.0.0.1:${port}; client_max_body_size 32m;
    location / { proxy_pass http://engine; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; } } }`,
  );
  const child = spawn('nginx', ['-c', path('nginx.conf'), '-p', directory], { stdio: ['ignore', 'ignore', 'inherit'] });
  const exited = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
