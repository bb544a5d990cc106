import { setTimeout as sleep } from 'node:timers/promises'
import { readPublishedContract } from '@portcullis/control-plane/contract/fixture/published-contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callWarehouse, stockViewerToken } from '../src/caller.ts'
import { portcullis } from '../src/command.ts'
import { apiDeclaration, writeFiles } from '../src/declaration.ts'
import { type System, startSystem } from '../src/system.ts'
import { temporaryFolder } from '../src/temporary-folder.ts'

const OPERATIONS = 441

describe('a large published contract', () => {
  let system: System
  const folder = temporaryFolder()
  beforeAll(async () => {
    system = await startSystem()
    const contract = JSON.stringify(guarded(await publishedDocument()))
    writeFiles(folder.path, {
      'seam.yaml': apiDeclaration('seam').replace('seam.openapi.yaml', 'seam.openapi.json'),
      'seam.openapi.json': contract,
    })
  })
  afterAll(async () => {
    folder[Symbol.dispose]()
    await system?.[Symbol.asyncDispose]()
  })

  test('is applied while calls go on, and each of its operations is enforced', async () => {
    const token = await stockViewerToken(system)
    let done = false
    const applied = portcullis(system.environment, 'apply', '-f', folder.path).finally(() => {
      done = true
    })
    const during: number[] = []
    while (!done) {
      during.push((await callWarehouse(system, 'GET', '/items', { token })).status)
      // The app's plan allows 600 calls a minute, however long this takes.
      await sleep(during.length < 200 ? 20 : 200)
    }
    expect(await applied).toMatchObject({ code: 0 })
    expect(new Set(during)).toEqual(new Set([200]))

    const { revision } = (await system.running.controlPlane?.revision('hmart', 'production')) ?? {}
    const operations = revision?.apis.find((each) => each.api === 'seam')?.operations ?? []
    expect(operations).toHaveLength(OPERATIONS)
    const statuses = await Promise.all(
      operations.slice(0, 50).map(async ({ method, path }) => {
        const target = `${system.running.addresses.gateway}/seam/v1${path.replaceAll(/[{}]/g, '')}`
        return (await fetch(target, { method })).status
      }),
    )
    expect(new Set(statuses)).toEqual(new Set([401]))
  })
})

interface Document {
  paths: Record<string, Record<string, { security?: unknown }>>
  components: { securitySchemes?: unknown }
  security?: unknown
}

async function publishedDocument(): Promise<Document> {
  const { root, files } = await readPublishedContract({ secured: true })
  return JSON.parse(files[root] as string) as Document
}

/** The contract under one scheme that our authorization server can satisfy. */
function guarded(document: Document): Document {
  for (const operation of Object.values(document.paths).flatMap((item) => Object.values(item)))
    delete operation.security
  const flow = { tokenUrl: 'https://auth.example/token', scopes: { use_seam: 'Use everything' } }
  document.components.securitySchemes = { main: { type: 'oauth2', flows: { clientCredentials: flow } } }
  return { ...document, security: [{ main: ['use_seam'] }] }
}
