import { defineFaults } from '@portcullis/kernel/fault'

export const approvalFaults = defineFaults('approval', {
  unknown: {
    status: 404,
    title: 'There is no such approval',
    remedy: '`portcullis approvals list ORGANIZATION` names them.',
  },
  'unknown-kind': {
    status: 400,
    title: 'Nobody knows what follows from an approval of this kind',
    remedy: 'Name one of the kinds that Portcullis has.',
  },
  over: {
    status: 409,
    title: 'It is decided, withdrawn or expired',
    remedy: 'Whoever still wants it asks again.',
  },
  own: {
    status: 403,
    title: 'Nobody approves what they asked for themselves',
    remedy: 'Let somebody else decide who has one of its roles.',
  },
  'no-role': {
    status: 403,
    title: 'Only people with one of its roles may decide',
    remedy: 'Let somebody decide who has one of them. The approval says which they are.',
  },
  'decided-before': {
    status: 409,
    title: 'This person has decided already',
    remedy: 'It waits for somebody else with one of its roles.',
  },
})
