import { defineFaults } from '@portcullis/kernel/fault'

export const entitlementFaults = defineFaults('entitlement', {
  unknown: {
    status: 404,
    title: 'There is no such entitlement',
    remedy: '`portcullis entitlements list ORGANIZATION` names them.',
  },
  'not-offered': {
    status: 403,
    title: 'These scopes cannot be asked for in advance',
    remedy: 'Token rules say under `requests` which scopes can be asked for, and by whom.',
  },
})
