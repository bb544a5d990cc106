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

/** Waits until somebody answers at the port, whatever the answer. */
export async function untilAnswering(subject: Subject, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + READY_MILLIS
  while (performance.now() < deadline && !subject.hasEnded()) {
    signal.throwIfAborted()
    const status = await fetch(`http://127.0.0.1:${subject.port}/open/v1/items-1/77`).then(
      (answer) => answer.arrayBuffer().then(() => answer.status),
      () => 0,
    )
    // A gateway answers 503 until its revision is live; who demands a token, 401.
    if (status === 200 || status === 401) return
    await sleep(100)
  }
  throw new Error(`nobody answers at port ${subject.port}: ${subject.complaints()}`)
}
