import { Secret } from '@portcullis/kernel/secret'
import { identitiesContract } from './contract.ts'
import { openMemoryIdentities } from './memory.ts'

identitiesContract('memory', () => ({
  identities: openMemoryIdentities({
    ada: {
      subject: 'ada',
      roles: ['clerk'],
      groups: ['staff'],
      attributes: {},
      password: new Secret('correct horse'),
    },
  }),
  groups: ['staff'],
  source: {
    kind: 'ldap',
    urls: ['ldaps://directory.example'],
    startTls: false,
    find: { by: 'name', template: 'uid={name},dc=example' },
    roles: {},
    attributes: [],
    subject: 'uid',
    timeoutMillis: 1000,
    maxConnections: 1,
  },
}))
