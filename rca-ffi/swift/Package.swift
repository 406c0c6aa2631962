// swift-tools-version: 6.0
import Foundation
import PackageDescription

// On Apple machines `xcframework.sh` packs the library; elsewhere `prepare.sh` builds it and writes the code around it.
let packed = "RcaBindingsFFI.xcframework"
let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
let library: Target =
    FileManager.default.fileExists(atPath: here.appendingPathComponent(packed).path)
    ? .binaryTarget(name: "RcaBindingsFFI", path: packed)
    : .systemLibrary(name: "RcaBindingsFFI", path: "Generated/RcaBindingsFFI")

let package = Package(
    name: "rca",
    platforms: [.macOS(.v13), .iOS(.v16)],
    products: [.library(name: "Rca", targets: ["Rca"])],
    targets: [
        library,
        .target(name: "RcaBindings", dependencies: ["RcaBindingsFFI"], path: "Generated/RcaBindings"),
        .target(name: "Rca", dependencies: ["RcaBindings"]),
        .testTarget(name: "RcaTests", dependencies: ["Rca", "RcaBindings"]),
    ],
    swiftLanguageModes: [.v6]
)
