import { officialImage } from "../../../components/internal/images";
import { imagesFor } from "../../../tools/offline/images";

/** An official image, or what stands for it where no registry answers. */
export async function equivalent(name: "debian" | "nginx"): Promise<string> {
    const reference = officialImage(name);
    const { choices } = await imagesFor([{ reference }], { docker: {} });
    return choices[0]?.image ?? reference;
}
