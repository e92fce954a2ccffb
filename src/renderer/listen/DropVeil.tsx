import { FileDown } from 'lucide-react';

/** Over everything while files are held over the window. */
export function DropVeil({ text }: { readonly text: string }) {
  return (
    <div className="drop-veil" aria-hidden="true">
      <div>
        <FileDown size={36} />
        <p>{text}</p>
      </div>
    </div>
  );
}
