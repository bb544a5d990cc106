import { Duration } from '@portcullis/kernel/duration'
import type { LdapDirectory } from '@portcullis/ports/identities/port'
import type { Vault } from '@portcullis/ports/vault/port'
import type { LdapConfig } from './contract.ts'

/** @throws vault.unknown when the password to search with is not there. */
export function directoryOf(config: LdapConfig, vault: Vault): LdapDirectory {
  const { urls, startTls, authorities, template, search, groups, roles, attributes, subject } = config
  return {
    kind: 'ldap',
    ...{ urls, startTls, authorities, groups, roles, attributes, subject },
    find:
      search === undefined
        ? { by: 'name', template: template as string }
        : {
            by: 'search',
            base: search.base,
            filter: search.filter,
            as: { name: search.as, password: vault.secret(search.password) },
          },
    timeoutMillis: Duration.parse(config.timeout).milliseconds,
    maxConnections: config.connections,
  }
}
