import { EmbeddedServerFailed } from "#main/embedded-server.ts";
import type { StartOptions } from "#main/start-options.ts";
import { UsageError } from "#main/usage-error.ts";
import { KeyLost, KeyWrappedElsewhere } from "#storage/key-files.ts";
import {
  DatabaseTooNew,
  FolderInUse,
  FolderNotWritable,
  WrongKey,
} from "#storage/open-database.ts";

/** A fault of the start in words with an action; what we cannot name stays as it is. */
export function describeFault(cause: unknown, options: StartOptions): unknown {
  const folder = options.dataDir;
  if (cause instanceof FolderInUse) {
    return new UsageError(
      `Thư mục ${folder} đang được một TramQR khác sử dụng. Hãy dùng cửa sổ đang mở, hoặc tắt chương trình kia trước.`,
      `The folder ${folder} is in use by another TramQR. Use the window that is open, or stop the other one first.`,
    );
  }
  if (cause instanceof FolderNotWritable) {
    return new UsageError(
      `Không ghi được vào thư mục ${folder}. Hãy cấp quyền ghi, hoặc chọn thư mục khác bằng --data.`,
      `Cannot write in the folder ${folder}. Allow it, or choose another folder with --data.`,
    );
  }
  if (
    cause instanceof WrongKey ||
    cause instanceof KeyLost ||
    cause instanceof KeyWrappedElsewhere
  ) {
    return new UsageError(
      `Không mở được sổ ghi trong ${folder}: khóa không khớp hoặc đã mất. Không xóa gì cả; hãy báo kỹ thuật (${cause.name}).`,
      `The entry book in ${folder} cannot be opened: ${cause.message}. Delete nothing; call a technician.`,
    );
  }
  if (cause instanceof DatabaseTooNew) {
    return new UsageError(
      `Sổ ghi trong ${folder} do phiên bản mới hơn tạo ra. Hãy cài bản TramQR mới nhất.`,
      `The entry book in ${folder} was written by a newer TramQR. Install the newest version.`,
    );
  }
  if (cause instanceof EmbeddedServerFailed) {
    return new UsageError(
      `Máy chủ tỉnh đi kèm không khởi động được: ${cause.message}`,
      `The embedded provincial server did not start: ${cause.message}`,
    );
  }
  return cause;
}
