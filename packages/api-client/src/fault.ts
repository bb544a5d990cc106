import { defineFaults } from '@portcullis/kernel/fault'

export const apiFaults = defineFaults('api', {
  unreachable: {
    status: 503,
    title: 'The control plane cannot be reached',
    remedy: 'Check that it runs and that its address is right.',
  },
  'timed-out': {
    status: 504,
    title: 'The control plane did not answer in time',
    remedy: 'Try again. A change may have been made all the same: compare before you repeat it.',
  },
  'unexpected-answer': {
    status: 502,
    title: 'What answered does not speak like a control plane of this version',
    remedy: 'Check the address, and that both sides are of the same version.',
  },
})
