"""Modules that are served from their texts: in the sandbox, and by stored programs, which have this class in them."""

# Annotations are quoted: the class is also text in files that do not postpone theirs.

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import ModuleType


class ServedModules:
    """A finder of modules, for sys.meta_path, that has their texts by name."""

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts

    def find_spec(self, name: str, *_: object) -> "ModuleSpec | None":
        from importlib.machinery import ModuleSpec

        return ModuleSpec(name, self, origin=name + ".py") if name in self.texts else None  # type: ignore[arg-type]

    def create_module(self, spec: "ModuleSpec") -> None:
        """Leave it to Python."""

    def exec_module(self, module: "ModuleType") -> None:
        name = module.__name__
        exec(compile(self.texts[name], name + ".py", "exec", dont_inherit=True), vars(module))
