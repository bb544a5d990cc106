import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ControlPlane } from '@portcullis/control-plane/control-plane'
import { Secret } from '@portcullis/kernel/secret'
import { resources, SYSTEM } from '@portcullis/model/collection'
import { type Bundle, readBundle } from '../local/read-bundle.ts'
import { secretFile, writeSecretFile } from '../local/secret-file.ts'
import type { Engines } from './engines.ts'
import type { State } from './state.ts'
import { ensureSecret } from './system-organization.ts'

const FOLDER = fileURLToPath(new URL('../../../../examples/warehouse/portcullis', import.meta.url))
const ORGANIZATION = 'hmart'
/** The addresses that the example's files mention, and stand for those of this installation. */
const WRITTEN = {
  gateway: 'http://localhost:8080',
  authserver: 'http://localhost:8082',
  backend: 'http://127.0.0.1:8090',
}

/** The example's declarations, with the addresses of this installation. */
export function sampleBundle(actual: typeof WRITTEN): Bundle {
  const replaced = (text: string): string =>
    (Object.keys(WRITTEN) as (keyof typeof WRITTEN)[]).reduce(
      (each, key) => each.replaceAll(WRITTEN[key], actual[key]),
      text,
    )
  return Object.fromEntries(Object.entries(readBundle(FOLDER)).map(([path, text]) => [path, replaced(text)]))
}

/** Whether the sample was applied here, now or at an earlier start. */
export function hasSample(home: string): boolean {
  return existsSync(secretFile.app(home, ORGANIZATION, 'stock-viewer'))
}

/** On a store that holds no organization but our own: applies the sample and leaves its secrets in the home folder. */
export async function applySampleOnce(
  controlPlane: ControlPlane,
  engines: Pick<State, 'store'> & Pick<Engines, 'clock'>,
  home: string,
  actual: typeof WRITTEN,
): Promise<void> {
  const organizations = await engines.store.find(resources, SYSTEM, {
    where: { attribute: 'kind', equals: 'Organization' },
  })
  if (organizations.some(({ value }) => value.name !== SYSTEM)) return
  await controlPlane.apply(sampleBundle(actual), { actor: SYSTEM })
  const password = new Secret(randomBytes(12).toString('base64url'))
  await controlPlane.setPassword(ORGANIZATION, 'alice', password)
  writeSecretFile(secretFile.user(home, ORGANIZATION, 'alice'), password)
  await ensureSecret(controlPlane, engines, home, ORGANIZATION, 'stock-viewer')
}
