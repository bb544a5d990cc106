import { defineFaults } from '@portcullis/kernel/fault'

export const registrationFaults = defineFaults('registration', {
  'unknown-organization': {
    status: 404,
    title: 'There is no such organization',
    remedy: 'Declare the organization first, or mend the spelling.',
  },
  off: {
    status: 409,
    title: 'Apps do not register themselves for this stage',
    remedy: 'Set `registration` of the organization for the stage first.',
  },
  'unknown-statement': {
    status: 404,
    title: 'No software statement was asked for under this id',
    remedy:
      'Take the id that asking for it gave; `portcullis approvals list ORGANIZATION --all` has them all.',
  },
  'not-approved': {
    status: 409,
    title: 'The software statement is not approved',
    remedy: 'Wait until those have approved it who are named, or ask again if it was refused or has expired.',
  },
  issued: {
    status: 409,
    title: 'The software statement was issued already',
    remedy: 'Use the one that was issued, or ask for another.',
  },
})
