import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from './client.js'
import { freePort } from './contenders/running.js'

/** Where Debian has them, which not every user's PATH has. */
const PATH = `${process.env.PATH}:/usr/sbin`

/** Milliseconds between the tries to get a first answer, and until it counts as failed. */
const TRY_EVERY = 20
const PATIENCE = 5000

const PROXIES = {
  nginx: { arguments: config => ['-c', config, '-e', 'stderr'], config: nginxConfig },
  haproxy: { arguments: config => ['-db', '-f', config], config: haproxyConfig }
}

/** The names of those that are installed, with their versions. */
export function findProxies () {
  return Object.fromEntries(Object.keys(PROXIES).flatMap(name => {
    const { error, stdout, stderr } = spawnSync(name, ['-v'], { encoding: 'utf8', env: { PATH } })
    return error === undefined ? [[name, /\d+\.\d+\.\d+/.exec(stdout + stderr)?.[0]]] : []
  }))
}

/**
 * A reverse proxy in front of a contender, with connections that it keeps.
 * @param {import('./bench.js').Bench} bench
 * @param {'nginx' | 'haproxy'} name
 * @param {{ port: number }} upstream
 * @returns {Promise<{ port: number, stop: () => Promise<void> }>}
 */
export async function startProxy ({ processes, folder: temporary }, name, upstream) {
  const folder = mkdtempSync(join(temporary, `${name}-`))
  const config = join(folder, 'proxy.conf')
  const port = await freePort()
  writeFileSync(config, PROXIES[name].config({ port, upstream: upstream.port, folder }))
  const program = processes.start(name, PROXIES[name].arguments(config), { PATH })
  const stop = async () => { await processes.end(program) }
  const until = performance.now() + PATIENCE
  while ((await ask({ port }, '/who')).outcome !== 'answered') {
    if (performance.now() > until) {
      await stop()
      throw new Error(`${name} does not serve: ${program.stderr.trim()}`)
    }
    await sleep(TRY_EVERY)
  }
  return { port, stop }
}

/** Its limit for requests on a connection, 1,000 by default, would close some. */
function nginxConfig ({ port, upstream, folder }) {
  return `daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(what => `${what}_temp_path ${folder}/${what};`).join('\n  ')}
  keepalive_requests 10000000;
  upstream app {
    server 127.0.0.1:${upstream};
    keepalive 32;
    keepalive_requests 10000000;
    keepalive_timeout 60s;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }
}
`
}

/** It would close connections that it has not needed for 5 s. */
function haproxyConfig ({ port, upstream }) {
  return `global
  nbthread 1
  maxconn 1000
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend clients
  bind 127.0.0.1:${port}
  default_backend app
backend app
  server app 127.0.0.1:${upstream} pool-purge-delay 600s
`
}
