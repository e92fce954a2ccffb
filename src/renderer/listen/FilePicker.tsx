import { useRef, type ReactNode } from 'react';
import { Button, type ButtonProps } from '../ui/Button.tsx';
import { AUDIO_TYPES } from './dropped.ts';

export interface FilePickerProps extends Omit<ButtonProps, 'onClick'> {
  readonly multiple?: boolean;
  readonly onFiles: (files: File[]) => void;
  readonly children: ReactNode;
}

/** A button that opens the system's file dialog. */
export function FilePicker({ multiple = false, onFiles, children, ...rest }: FilePickerProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        accept={AUDIO_TYPES}
        multiple={multiple}
        hidden
        onChange={({ target }) => {
          const files = [...(target.files ?? [])];
          target.value = ''; // the same file may be chosen again
          if (files.length > 0) onFiles(files);
        }}
      />
      <Button {...rest} onClick={() => input.current?.click()}>
        {children}
      </Button>
    </>
  );
}
