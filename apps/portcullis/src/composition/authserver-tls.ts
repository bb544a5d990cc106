import { readFileSync } from 'node:fs'
import type { AuthserverOptions } from '@portcullis/authserver/start-authserver'
import { parsePeerAddress } from '@portcullis/policies/address/ip-address'
import { compileRanges } from '@portcullis/policies/ip-filter/range-table'
import { needsSetting, settingFaults } from '../setting/read-settings.ts'
import type { Settings } from '../setting/settings.ts'

type TlsOptions = Pick<AuthserverOptions, 'certificates' | 'mutualTls' | 'handedOn'>

/** How the authorization server speaks TLS, and of whom it takes certificates. Throws for settings that need one another. */
export function authserverTls(settings: Settings): TlsOptions {
  const {
    authserverCertificates: path,
    authserverMutualTlsPort: port,
    authserverMutualTlsUrl: url,
    authserverClientAuthorities: authorities,
    authserverClientRevocations: revocations,
    authserverCertificateProxies: proxies,
  } = settings
  if (port !== undefined && path === undefined)
    throw needsSetting('authserverMutualTlsPort', 'authserverCertificates')
  if (url !== undefined && port === undefined)
    throw needsSetting('authserverMutualTlsUrl', 'authserverMutualTlsPort')
  if (authorities !== undefined && port === undefined && proxies === undefined)
    throw needsSetting('authserverClientAuthorities', 'authserverMutualTlsPort')
  if (revocations !== undefined && authorities === undefined)
    throw needsSetting('authserverClientRevocations', 'authserverClientAuthorities')
  const client = { mode: 'requested', authorities, revocations } as const
  return {
    certificates: path === undefined ? undefined : { path, minVersion: 'TLSv1.2', client },
    mutualTls: port === undefined ? undefined : { port, url: url ?? `https://localhost:${port}` },
    handedOn: proxies && {
      believes: believerOf(proxies),
      authorities: authorities === undefined ? undefined : readAuthorities(authorities),
    },
  }
}

function believerOf(ranges: readonly string[]): (address: string) => boolean {
  const trusted = compileRanges(ranges)
  return (address) => {
    const words = parsePeerAddress(address)
    return words !== undefined && trusted.find(words) !== undefined
  }
}

function readAuthorities(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw settingFaults.invalid({ detail: `authserverClientAuthorities: ${file} cannot be read.`, cause })
  }
}
