import { defineFaults } from '@portcullis/kernel/fault'

export const publishedFaults = defineFaults('published', {
  'unknown-environment': {
    status: 404,
    title: 'The environment has no revision',
    remedy: 'Declare the environment, or mend the spelling.',
  },
  'unknown-revision': {
    status: 404,
    title: 'There is no such revision',
    remedy: 'Ask for `live`, or for a number up to that of the live one.',
  },
  'unknown-group': {
    status: 404,
    title: 'The organization has no such gateway group',
    remedy: 'Declare it with `kind: GatewayGroup`, or mend the spelling.',
  },
  'unknown-operation': {
    status: 404,
    title: 'No operation of the environment matches',
    remedy: 'Give the method and the whole path below the host, such as GET /warehouse/v1/items.',
  },
  'ambiguous-operation': {
    status: 409,
    title: 'Several API versions have such an operation',
    remedy: 'Give the whole path with the base path of the one that is meant.',
  },
})
