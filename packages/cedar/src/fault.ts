import { defineFaults } from '@portcullis/kernel/fault'

export const cedarFaults = defineFaults('cedar', {
  syntax: {
    status: 422,
    title: 'This is not Cedar',
    remedy: 'Correct the policy at the place that is named.',
  },
  invalid: {
    status: 422,
    title: 'The policy does not fit the schema',
    remedy: 'Use the entity types, attributes and actions that the schema has, as it has them.',
  },
  unsupported: {
    status: 422,
    title: 'A compiled policy holds what this gateway does not know',
    remedy: 'Publish it again, or bring the gateway to the version that published it.',
  },
})
