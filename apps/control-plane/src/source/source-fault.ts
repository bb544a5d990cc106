import { defineFaults } from '@portcullis/kernel/fault'

/** What can be wrong with a file before anybody asks what it says. */
export const sourceFaults = defineFaults('source', {
  malformed: {
    status: 422,
    title: 'The file is neither YAML nor JSON',
    remedy: 'Mend the syntax at this place.',
  },
  duplicateKey: {
    status: 422,
    title: 'The same key stands twice in one object',
    remedy: 'Remove one of the two, or merge what they say.',
  },
  unsupported: {
    status: 422,
    title: 'The file uses a part of YAML that JSON has no word for',
    remedy:
      'Write the value in plain YAML 1.2: maps with plain keys, lists, texts, numbers, true, false, null.',
  },
  tooLarge: {
    status: 422,
    title: 'The file exceeds a limit',
    remedy: 'Split the file, or make it simpler.',
  },
})
