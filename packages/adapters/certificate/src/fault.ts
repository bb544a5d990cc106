import { defineFaults } from '@portcullis/kernel/fault'

/** What can be wrong with the folder of certificates that a server shows. */
export const certificateFaults = defineFaults('certificate', {
  'no-folder': {
    status: 400,
    title: 'The folder of certificates cannot be read',
    remedy: 'Name a folder that the server may list.',
  },
  'none-there': {
    status: 400,
    title: 'The folder holds no certificate',
    remedy: 'Put NAME.crt (PEM, the certificate first and then its chain) and NAME.key (PEM) there.',
  },
  'too-many': {
    status: 400,
    title: 'The folder holds more certificates than a server takes',
    remedy: 'Remove those that are not needed, or let one certificate speak for several names.',
  },
  'no-partner': {
    status: 400,
    title: 'A certificate is without its key, or a key without its certificate',
    remedy: 'Every NAME.crt needs a NAME.key beside it; remove what belongs to nothing.',
  },
  unreadable: {
    status: 400,
    title: 'A certificate or key cannot be read',
    remedy: 'Both are PEM texts that the server may read, the key without a passphrase.',
  },
  exposed: {
    status: 400,
    title: 'Others may read or change a key',
    remedy: 'Take the rights of others away: chmod o= on the key.',
  },
  mismatched: {
    status: 400,
    title: 'A key does not belong to its certificate',
    remedy:
      'The first certificate of NAME.crt must be that of NAME.key; those that lead to its authority follow.',
  },
  expired: {
    status: 400,
    title: 'A certificate is not valid now',
    remedy: 'Renew it, or mend the clock.',
  },
  nameless: {
    status: 400,
    title: 'A certificate is for no DNS name, so that no client would ever ask for it',
    remedy:
      'Give it names (subjectAltName), or call it default.crt: that is shown to clients that ask for no name.',
  },
  'name-twice': {
    status: 400,
    title: 'Two certificates are for one name',
    remedy: 'Remove the older of the two.',
  },
  unusable: {
    status: 400,
    title: 'A certificate cannot be shown',
    remedy:
      'Its key may be too short or its signature of a kind that is no longer safe; let another be made.',
  },
})
