// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "rca-examples",
    platforms: [.macOS(.v13)],
    dependencies: [.package(name: "rca", path: "../../rca-ffi/swift")],
    targets: [.executableTarget(name: "incident", dependencies: [.product(name: "Rca", package: "rca")])],
    swiftLanguageModes: [.v6]
)
