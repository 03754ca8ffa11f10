import { UsageError } from '@winback/core/errors';
import type { EfsRecipient } from '@winback/efs-raw';
import type { Io } from '../io.js';
import { givenPassword, smallFile, withPassword, type PasswordOptions } from './efs-keys.js';
import type { EfsReport } from './efs-report.js';

/** Certificates of those who are to be able to open a file; what is odd about one is said. */
export async function recipientsOf(
  io: Io,
  files: readonly string[],
  { role, sid, ...options }: PasswordOptions & { readonly role: 'user' | 'recovery agent'; readonly sid?: string | undefined },
  report: EfsReport,
  now: number,
): Promise<EfsRecipient[]> {
  const { certificateWarnings, describeCertificate, EFS_RECOVERY_PURPOSE, EFS_USER_PURPOSE, loadCertificates } =
    await import('@winback/efs-raw');
  const option = role === 'user' ? '--cert' : '--recovery-agent';
  const purpose = role === 'user' ? EFS_USER_PURPOSE : EFS_RECOVERY_PURPOSE;
  const recipients: EfsRecipient[] = [];
  for (const text of files) {
    const { value } = await withPassword(io, smallFile(io, text, option), givenPassword(io, options), loadCertificates);
    const [certificate] = value;
    if (!certificate) throw new UsageError(`${text} holds no certificate`);
    for (const warning of certificateWarnings(certificate, now)) report.warn(warning);
    // Absent at runtime where the certificate is for anything.
    const purposes = certificate.keyUsage as readonly string[] | undefined;
    if (!purposes?.includes(purpose))
      report.warn(
        `the certificate of ${describeCertificate(certificate)} is not made for a ${role} of EFS (${purpose}); Windows may refuse it`,
      );
    recipients.push({ certificate, sid });
  }
  return recipients;
}
