// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "incident",
    platforms: [.macOS(.v13)],
    // A package at a path is known by the name of its folder.
    dependencies: [.package(path: "../../../rca-ffi/swift")],
    targets: [
        .executableTarget(name: "incident", dependencies: [.product(name: "Rca", package: "swift")]),
        .executableTarget(name: "tour", dependencies: [.product(name: "Rca", package: "swift")]),
    ],
    swiftLanguageModes: [.v6]
)
