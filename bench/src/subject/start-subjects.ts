import { get } from 'node:http'
import { get as getTls } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SubjectName } from '../case.ts'
import { startCaddy } from './caddy.ts'
import { startHaproxy, verifiesTokens } from './haproxy.ts'
import { findProgram, versionOf } from './installed.ts'
import { startNginx } from './nginx.ts'
import { startPortcullis } from './portcullis.ts'
import type { Site, Subject } from './subject.ts'

export interface Installed {
  readonly name: string
  readonly path: string
  readonly version: string
}

/** The programs beside which we stand, as far as this machine has them. */
export function installedPrograms(): Installed[] {
  const asking = { nginx: '-v', haproxy: '-v', caddy: 'version' }
  return Object.entries(asking).flatMap(([name, argument]) => {
    const path = findProgram(name)
    return path === undefined ? [] : [{ name, path, version: versionOf(path, argument) }]
  })
}

/** Starts a subject; `undefined` where its program is not installed, or too old for what is asked. */
export async function startSubject(
  name: SubjectName,
  site: Site,
  installed: readonly Installed[],
): Promise<Subject | undefined> {
  const program = installed.find((each) => each.name === name.split('-')[0])
  switch (name) {
    case 'nginx':
      return program && startNginx(program.path, site)
    case 'nginx-tls':
      return program && startNginx(program.path, site, site.certificate)
    case 'haproxy-tls':
      return program && startHaproxy(program.path, site, undefined, site.certificate)
    case 'portcullis-tls':
      return startPortcullis(site, 10, { isTls: true })
    case 'portcullis-threads-2':
      return startPortcullis(site, 10, { threads: 2 })
    case 'caddy':
      return program && startCaddy(program.path, site)
    case 'haproxy':
      return program && startHaproxy(program.path, site)
    case 'haproxy-rs256':
    case 'haproxy-es256': {
      const algorithm = name === 'haproxy-rs256' ? 'RS256' : 'ES256'
      return program && verifiesTokens(program.version)
        ? startHaproxy(program.path, site, algorithm)
        : undefined
    }
    case 'portcullis-10':
      return startPortcullis(site, 10)
    case 'portcullis-1000':
      return startPortcullis(site, 1_000)
    case 'portcullis-100000':
      return startPortcullis(site, 100_000)
  }
}

/** A revision of a hundred thousand operations takes a while to be checked. */
const READY_MILLIS = 180_000
/** Who does not answer at all is asked again, until that is over. */
const ANSWER_MILLIS = 2_000

/** Waits until somebody answers at the port, whatever the answer. */
export async function untilAnswering(subject: Subject, signal: AbortSignal, isTls = false): Promise<void> {
  const deadline = performance.now() + READY_MILLIS
  while (performance.now() < deadline && !subject.hasEnded()) {
    signal.throwIfAborted()
    const status = await statusOf(subject, isTls)
    // A gateway answers 503 until its revision is live; who demands a token, 401.
    if (status === 200 || status === 401) return
    await sleep(100)
  }
  throw new Error(`nobody answers at port ${subject.port}: ${subject.complaints()}`)
}

/** Whether the certificate is good is for the load to say. */
function statusOf({ port }: Subject, isTls: boolean): Promise<number> {
  return new Promise((resolve) => {
    const ask = isTls ? getTls : get
    const url = `http${isTls ? 's' : ''}://127.0.0.1:${port}/open/v1/items-1/77`
    const options = { agent: false, rejectUnauthorized: false, timeout: ANSWER_MILLIS }
    const request = ask(url, options, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode ?? 0))
    })
    request.once('timeout', () => request.destroy()).once('close', () => resolve(0))
    request.on('error', () => undefined)
  })
}
