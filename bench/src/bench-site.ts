import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeAuthority } from '@portcullis/http1/fixture/make-certificate'
import type { Work } from './case.ts'
import type { RunOrder, RunResult } from './load/run.ts'
import { availableCores, divide } from './process/core.ts'
import { jsonLines } from './process/line.ts'
import { nodeProgram, startProcess } from './process/start-process.ts'
import type { Site } from './subject/subject.ts'
import { type Algorithm, openIssuer } from './world/issuer.ts'
import { post, sameRequest, spreadRequests, tokenRequests } from './world/requests.ts'
import { claims } from './world/revision.ts'

/** Everything around a subject: a folder, a backend, an issuer, and the load. */
export interface BenchSite extends Site {
  load(order: Omit<RunOrder, 'requestFile' | 'short' | 'echo' | 'authority'>, work: Work): Promise<RunResult>
}

/** More than any gateway keeps verified: when a token's turn comes again it has been forgotten. */
const NEW_TOKENS = 20_000

/** What any of them answers on one core without falling behind. */
const RATE_PER_SECOND = 2_000

/** Puts everything up; what was started ends with the stack, the last first. */
export async function openBenchSite(opened: AsyncDisposableStack): Promise<BenchSite> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-bench-'))
  opened.defer(() => rmSync(folder, { recursive: true, force: true }))
  const cores = divide(availableCores())
  const upstream = opened.use(await startProcess(nodeProgram('upstream.ts', cores?.others)))
  const { port: upstreamPort } = await jsonLines(upstream.output, upstream.complaints).next<{
    port: number
  }>()
  const load = opened.use(await startProcess(nodeProgram('load/main.ts', cores?.others)))
  const answers = jsonLines(load.output, load.complaints)
  const issuer = openIssuer()
  const authority = makeAuthority()
  const files = new Map<Work, string>()

  const requestFile = (work: Work): string => {
    const file = files.get(work) ?? join(folder, `requests-${work}.json`)
    if (!files.has(work)) writeFileSync(file, JSON.stringify(requestsFor(work)))
    files.set(work, file)
    return file
  }

  const requestsFor = (work: Work): string[] => {
    const tokens = (algorithm: Algorithm, count: number): string[] =>
      tokenRequests(issuer.tokens(algorithm, count, claims))
    switch (work) {
      case 'small':
      case 'fixed-rate':
      case 'tls':
        return sameRequest('/open/v1/items-1/77')
      case 'large':
        return sameRequest('/open/v1/items-1/large')
      case 'body-1k':
        return [post('/open/v1/items-1/77', 1_024)]
      case 'body-100k':
        return [post('/open/v1/items-1/77', 102_400)]
      case 'short':
        return sameRequest('/open/v1/items-1/77', true)
      // It has messages of its own.
      case 'websocket-echo':
        return []
      case 'spread-10':
        return spreadRequests(10)
      case 'spread-1000':
        return spreadRequests(1_000)
      case 'spread-100000':
        return spreadRequests(100_000)
      case 'rs256-1000':
        return tokens('RS256', 1_000)
      case 'es256-1000':
        return tokens('ES256', 1_000)
      case 'rs256-new':
        return tokens('RS256', NEW_TOKENS)
      case 'es256-new':
        return tokens('ES256', NEW_TOKENS)
    }
  }

  return {
    folder,
    cores,
    upstreamPort,
    issuer,
    certificate: authority.issue(['api.example', '127.0.0.1']),
    load(order, work) {
      const whole: RunOrder = {
        ...order,
        requestFile: requestFile(work),
        short: work === 'short',
        echo: work === 'websocket-echo',
        ...(work === 'tls' && { authority: authority.certificate }),
        ...(work === 'fixed-rate' && { ratePerSecond: order.ratePerSecond ?? RATE_PER_SECOND }),
      }
      load.input.write(`${JSON.stringify(whole)}\n`)
      return answers.next<RunResult>()
    },
  }
}
