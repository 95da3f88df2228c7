import { type Command, Option } from 'commander';
import { wholeNumber } from '../flag-number.ts';
import { type RemoteFlags, remote, remoteCommand, type Shell } from '../shell.ts';
import { fields } from '../terminal/screen.ts';

interface ProofFlags extends RemoteFlags {
  readonly size?: number;
}

export const logProof = (shell: Shell): Command =>
  remoteCommand('proof', 'That an event is in the log: its leaf, and the hashes from there to the signed root')
    .argument('<event-id>', 'its event_id')
    .addOption(
      new Option('--size <leaves>', 'in the tree of this size; default: the last that was signed').argParser(
        wholeNumber,
      ),
    )
    .action(async (event_id: string, flags: ProofFlags) => {
      const { client, screen } = remote(shell, flags);
      const query = flags.size === undefined ? {} : { size: flags.size };
      const proof = await client.call('getInclusionProof', { params: { event_id }, query });
      screen.result(proof, () =>
        [
          fields(screen, [
            ['event', proof.event_id],
            ['leaf', `${proof.index} of ${proof.size}`],
            ['leaf hash', proof.leaf_hash],
            ...proof.hashes.map((hash, at): readonly [string, string] => [`hash ${at + 1}`, hash]),
            ['root', proof.root],
            ['key', proof.key],
          ]),
          proof.note ?? 'this size was not signed',
        ].join('\n\n'),
      );
    });
