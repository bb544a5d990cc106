import { defineFaults } from '@portcullis/kernel/fault'

export const credentialFaults = defineFaults('credential', {
  'unknown-app': {
    status: 404,
    title: 'There is no such app',
    remedy: 'Declare the app first, or mend the spelling.',
  },
  'unknown-user': {
    status: 404,
    title: 'There is no such user',
    remedy: 'Declare the user first, or mend the spelling.',
  },
  'unknown-organization': {
    status: 404,
    title: 'There is no such organization',
    remedy: 'Declare the organization first, or mend the spelling.',
  },
  unknown: {
    status: 404,
    title: 'There is no such credential',
    remedy: 'List the credentials of the app to find its id.',
  },
  'public-client': {
    status: 409,
    title: 'A public client has no secret',
    remedy: 'Remove `public` from the app if it can keep a secret.',
  },
  'checked-elsewhere': {
    status: 409,
    title: 'An identity provider says who the app is',
    remedy: 'Issue a secret there, or take `checkedBy` or `assertedBy` from the app.',
  },
  'stands-for-others': {
    status: 409,
    title: 'The app stands for others and never calls itself',
    remedy: 'Declare an app of its own for whoever is to have a credential.',
  },
  'too-many': {
    status: 409,
    title: 'There are as many usable credentials as there may be',
    remedy: 'Revoke one that is no longer used, then issue another.',
  },
  'no-mail-server': {
    status: 409,
    title: 'Nobody can be invited: there is no mail server',
    remedy: 'Set `mailUrl` and `mailFrom`, or set a password for the user yourself.',
  },
  'no-mail-address': {
    status: 409,
    title: 'The user has no mail address',
    remedy: 'Declare one (`email`), or set a password for the user yourself.',
  },
  'no-second-factor': {
    status: 404,
    title: 'The user has no second factor',
    remedy: 'Mend the spelling of the user; where it is right there is nothing to remove.',
  },
})
