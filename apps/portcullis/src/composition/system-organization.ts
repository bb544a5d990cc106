import type { ControlPlane } from '@portcullis/control-plane/control-plane'
import type { systemOrganizationBundle } from '@portcullis/control-plane/system-organization'
import { fingerprintOf, type Secret } from '@portcullis/kernel/secret'
import { credentials, SYSTEM } from '@portcullis/model/collection'
import { isUsable } from '@portcullis/model/credential/credential'
import { readSecretFile, secretFile, writeSecretFile } from '../local/secret-file.ts'
import type { Engines } from './engines.ts'
import type { State } from './state.ts'

/** Declares the installation's own organization, as this version wants it: the management API and who calls it. */
export async function declareSystem(
  controlPlane: ControlPlane,
  urls: Parameters<typeof systemOrganizationBundle>[0],
): Promise<void> {
  // A gateway by itself has none of that in memory.
  const { systemOrganizationBundle: bundle } = await import('@portcullis/control-plane/system-organization')
  await controlPlane.apply(bundle(urls), { actor: SYSTEM })
}

/**
 * The secret of one of our own apps: the one in the home folder while the store still knows it, else a new one. So a
 * lost file or a new store mends itself.
 */
export async function ensureSecret(
  controlPlane: ControlPlane,
  { store, clock }: Pick<State, 'store'> & Pick<Engines, 'clock'>,
  home: string,
  organization: string,
  app: string,
): Promise<Secret> {
  const file = secretFile.app(home, organization, app)
  const kept = readSecretFile(file)
  if (kept !== undefined) {
    const known = await store.find(credentials, organization, { where: { attribute: 'app', equals: app } })
    const fingerprint = fingerprintOf(kept)
    if (known.some(({ value }) => value.hash === fingerprint && isUsable(value, clock.now()))) return kept
  }
  const { secret } = await controlPlane.issueCredential(organization, app)
  writeSecretFile(file, secret)
  return secret
}
